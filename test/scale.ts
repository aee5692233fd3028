/**
 * `npm test` takes under ten minutes on two cores. `npm run test:full` repeats what differs only in link, kind of engine or size: every combination, and as
 * many tasks as the guides speak of.
 */
export const isFull = process.env.TEST_SCALE === 'full'

/** What `npm run test:full` tests, or what stands for it. */
export function scaled<T>(full: T, usual: T): T {
  return isFull ? full : usual
}
