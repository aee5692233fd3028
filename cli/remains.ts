import { rm } from 'node:fs/promises'
import { launcherEntry } from '../cluster/launchers/registry.ts'
import { findRemains } from '../cluster/launchers/remains.ts'

/**
 * Ends the engines on other machines of clusters of this name whose programs have died. Answers what they were.
 * @throws EngineStartError with the system's words where that cannot be reached
 */
export async function endRemains(cluster: string): Promise<string[]> {
  const ended: string[] = []
  for (const { launcher, what, file } of await findRemains(cluster)) {
    const { endRemains: end } = await launcherEntry(launcher)
    if (end) ended.push(await end(what))
    await rm(file, { force: true })
  }
  return ended
}
