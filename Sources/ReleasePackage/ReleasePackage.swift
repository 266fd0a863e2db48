// ReleasePackage
