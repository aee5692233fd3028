/**
 * Microseconds that the processors spent on this process, its threads too, while the work was done. Unlike time by the clock, it says the same
 * on a machine that is busy with other things.
 */
export async function cpuTime<Result>(
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly cpuUs: number }> {
  const before = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  return { result, cpuUs: user + system }
}
