/** What a process ends with that leaves in order since it got a SIGTERM: as a shell tells of one that the signal ended. */
export const terminatedCode = 143
