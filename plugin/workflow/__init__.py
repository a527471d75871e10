"""The work on a job, stage by stage, as a durable workflow: stages.Stages, queue.Dispatcher."""
