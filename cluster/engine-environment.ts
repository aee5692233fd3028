/**
 * The environment of processes and threads in which tasks run: as here, but for the cluster's key, where a program was given it so. It is
 * not theirs to read, and everything that they start would have it too.
 */
export function engineEnvironment(): NodeJS.ProcessEnv {
  const { YARDMASTER_KEY: _, ...environment } = process.env
  return environment
}
