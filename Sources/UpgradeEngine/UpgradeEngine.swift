// UpgradeEngine
