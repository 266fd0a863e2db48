extension Check {
    /// Backup sets lie on a disk, and better on another one than the databases.
    static let backupsDisk = Check("backups-disk", "Backups are on a disk", needs: .backups) { observation in
        let directory = observation.backups.directory
        return observation.backups.place.judged(
            "on what \(directory) lies",
            remedy: "See that `backups.directory` in pawl.yaml names a folder that Pawl may use."
        ) { place in
            let other = "Name a folder on a disk of its own as `backups.directory` in pawl.yaml."
            switch place.kind {
            case "tmpfs", "ramfs", "devtmpfs":
                return .fail("\(directory) lies in memory (\(place.kind)): it is gone after a reboot.", remedy: other)
            case "overlay", "overlayfs", "aufs":
                return .warn(
                    "\(directory) lies on a layer of a container (\(place.kind)), and goes with it.",
                    remedy: other
                )
            default: break
            }
            if let engine = place.sharedWith {
                return .warn(
                    "\(directory) lies on the same file system (\(place.mountPoint)) as the containers' volumes "
                        + "(\(engine)): what destroys the databases destroys the backups.",
                    remedy: "\(other) Until then, copy finished sets to another machine."
                )
            }
            return .pass("\(directory) lies on \(place.kind), mounted at \(place.mountPoint).")
        }
    }
}
