/** How many workers this contender is to have: the first argument of its program. */
export const workerCount = Number(process.argv[2] ?? 4)
