"""The core, attacked: database, registry, outbox, mail-outs, intake, delivery, each promise by those who doubt it."""
