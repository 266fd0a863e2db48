// ReleaseSource
