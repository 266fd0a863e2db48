extension Check {
    /// Somebody has shown that encrypted sets can be decrypted.
    static let backupEncryption = Check("backup-encryption", "Encrypted backups can be decrypted", needs: .backups) {
        observation in
        observation.backups.unprovenRecipients.judged(
            "for whom decryption was shown",
            remedy: "`pawl status` says what is wrong with the journal."
        ) { recipients in
            guard recipients.isEmpty else {
                return .warn(
                    "Nobody has shown yet that sets encrypted to \(ListText.and(recipients)) can be decrypted.",
                    remedy: "Show it once with `pawl backup verify SET --identity FILE`."
                )
            }
            return .pass("No set is encrypted to somebody who has not shown that they can decrypt it.")
        }
    }
}
