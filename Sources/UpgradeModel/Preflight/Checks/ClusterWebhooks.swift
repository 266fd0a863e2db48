extension Check {
    /// Every admission webhook that must be asked has somebody to answer.
    static let webhooks = Check("webhooks", "Admission webhooks answer", needs: .services) { observation in
        ofCluster(
            observation,
            \.brokenWebhooks,
            "which admission webhooks must be asked",
            remedy: { _ in
                "See that Pawl may read them: `kubectl get "
                    + "validatingwebhookconfigurations,mutatingwebhookconfigurations`."
            }
        ) { names, _ in
            guard let names else {
                return .warn(
                    "Whether an admission webhook that must be asked is down cannot be known: Pawl's account may not "
                        + "look at them.",
                    remedy: "See `kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations`, or let "
                        + "Pawl's account list both."
                )
            }
            return noneOf(names.map { "`\($0)`" }, pass: "Nothing that must be asked is down.") {
                .fail(
                    "\($0) must be asked before anything in the namespace changes, and nobody is there to answer: the "
                        + "cluster would refuse what the release changes.",
                    remedy: "Start the Service behind it again. If what it belonged to is gone, remove it: `kubectl "
                        + "get validatingwebhookconfigurations,mutatingwebhookconfigurations`, then `kubectl delete "
                        + "validatingwebhookconfiguration NAME` or `kubectl delete mutatingwebhookconfiguration NAME`."
                )
            }
        }
    }
}
