/** Those that Slurm knows by name. */
export const signals: ReadonlySet<string> = new Set(
  'HUP INT QUIT ABRT KILL ALRM TERM USR1 USR2 URG CONT STOP TSTP TTIN TTOU'.split(' ').map((name) => `SIG${name}`),
)
