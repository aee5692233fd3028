import { type Client, Cluster, type LocalClusterOptions } from 'yardmaster'

export interface Stage {
  readonly engines: number
  /** How often the job ran until so many engines were there, and no others. */
  readonly runsMeanwhile: number
  /** Of one more run. */
  readonly seconds: number
  /** Of all of them. */
  readonly areRight: boolean
}

/** Runs a job again and again on 4 engines, which become 8 and then 2 meanwhile. `job` says whether its results are right. */
export async function growAndShrink(
  options: LocalClusterOptions,
  job: (client: Client) => Promise<boolean>,
): Promise<readonly Stage[]> {
  await using cluster = await Cluster.start({ ...options, engines: 4 })
  const client = await cluster.connect()
  const stages: Stage[] = []
  for (const engines of [4, 8, 2]) {
    let isThere = false
    const scaled = cluster.scale(engines).then(async () => {
      await client.waitForEngines(engines)
      isThere = true
    })
    let [runsMeanwhile, areRight] = [0, true]
    for (; !isThere; runsMeanwhile += 1) areRight = (await job(client)) && areRight
    await scaled
    const startedAt = performance.now()
    areRight = (await job(client)) && areRight
    const seconds = (performance.now() - startedAt) / 1_000
    stages.push({ engines: client.ids.length, runsMeanwhile, seconds, areRight })
  }
  return stages
}
