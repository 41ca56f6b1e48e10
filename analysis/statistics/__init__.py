"""Statistics over records (traces, holds, sweeps): estimates with errors, memory between records, the registry."""
