extension Check {
    /// Backup sets can be written.
    static let backupsDirectory = Check("backups-directory", "Backup folder can be written", needs: .backups) {
        observation in
        let directory = observation.backups.directory
        return observation.backups.folder.judged(
            "whether \(directory) can be written",
            remedy: "See that `backups.directory` in pawl.yaml names a folder that Pawl may use."
        ) { folder in
            switch folder {
            case .writable:
                .pass("\(directory) can be written.")
            case .missing(canBeMade: true):
                .warn(
                    "\(directory) is not there; Pawl will make it.",
                    remedy: "Where it should be there already, see that its disk is mounted."
                )
            case .missing(canBeMade: false):
                .fail(
                    "\(directory) is not there and cannot be made.",
                    remedy: "Mount its disk, or make the folder: `install -d -m 0700 \(directory)`."
                )
            case .unusable(let reason):
                .fail(
                    "\(directory) cannot be used: \(reason).",
                    remedy: "Let Pawl's user own it: `chown`, and `chmod 0700`; or name another folder in pawl.yaml."
                )
            }
        }
    }
}
