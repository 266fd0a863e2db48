// UpgradeModel
