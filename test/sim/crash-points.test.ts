/** A process ends at each point of a short run, one after the other: wherever that is, nothing may be lost. */
import { expect, test } from 'vitest'
import { freshSeed } from '../../core/random.ts'
import { type SimulatedWorld, SimulationError, simulate } from '../../sim/simulate.ts'
import type { SimulatedCluster } from '../../sim/simulated-cluster.ts'
import { crashPoints, type SimulatedDisk } from '../../sim/simulated-disk.ts'
import { type MessagePoint, messagePoints } from '../../sim/simulated-network.ts'
import { workload } from '../../sim/workload.ts'

/** `PROPERTY_SEED=… npx vitest run test/sim/crash-points.test.ts` repeats it. */
const seed = Number(process.env.PROPERTY_SEED ?? Math.abs(freshSeed()) % 1_000_000_000)

/** A few tasks at two engines. */
async function run(what: string, begin: (world: SimulatedWorld) => void): Promise<void> {
  try {
    await simulate({ seed, engines: 2, faults: false, controller: { recoveryMs: 1_000 } }, async (world) => {
      begin(world)
      await workload(world, { tasks: 4, clients: 1, spanMs: 800, taskMsMax: 300, backMsMax: 100 })
    })
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error
    throw new Error(`${what}: ${error.message}`)
  }
}

test('the controller is killed at each write, before it, when it is made, and when that is known', async () => {
  let disk: SimulatedDisk | undefined
  await run('nothing', ({ cluster }) => {
    disk = cluster.disk
  })
  const writes = disk?.writes ?? 0
  expect(writes).toBeGreaterThan(5)
  for (let ahead = 1; ahead <= writes; ahead += 1) {
    for (const point of crashPoints)
      await run(`at write ${ahead} when it is ${point}`, ({ cluster }) => cluster.disk.crashAt(ahead, point))
  }
})

const processes = {
  'an engine': ({ engines }: SimulatedCluster) => engines.get(0),
  'the controller': ({ controllerProcess }: SimulatedCluster) => controllerProcess,
  'a client': ({ clientProcesses }: SimulatedCluster) => [...clientProcesses][0],
}

test.for(Object.entries(processes))('%s is killed at each message, before it or after', async ([name, find]) => {
  // One of the three in each run of the tests.
  const point = messagePoints[seed % messagePoints.length] as MessagePoint
  let times = 0
  for (let ahead = 1; times === ahead - 1; ahead += 1) {
    await run(`${name} at message ${ahead} when it is ${point}`, ({ cluster }) => {
      // When the workload has begun.
      cluster.timeline.after(0, undefined, () => {
        const process = find(cluster)
        if (process === undefined) return
        cluster.network.trap(process, ahead, point, () => {
          times += 1
          cluster.kill(process, true)
        })
      })
    })
  }
  expect(times).toBeGreaterThan(0)
})
