/// The doors of the pages that show the installation and act on it.
enum PageDoors {
    static func all(_ parts: ConsoleParts) -> [Door] {
        [
            DashboardDoors(parts: parts).all(), VersionsDoors(parts: parts).all(), UpgradeDoors(parts: parts).all(),
            DetailsDoors(parts: parts).all(), BackupsDoors(parts: parts).all(),
            BackupWorkDoors(parts: parts).all(), HistoryDoors(parts: parts).all(),
        ]
        .flatMap(\.self)
    }
}
