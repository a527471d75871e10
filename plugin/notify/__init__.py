"""People are told that a job ended: notifier.Notifier sends what outbox.Outbox holds, by e-mail or webhook."""
