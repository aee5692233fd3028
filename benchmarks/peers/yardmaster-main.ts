/** Yardmaster. The second argument says how its engines are linked, and what they are: threads, or else processes. */
import { transfer } from '../../core/transfer.ts'
import { Client } from '../../views/client.ts'
import { Cluster } from '../../views/cluster.ts'
import type { PayloadWay, Work } from './job.ts'
import { type Argument, serve } from './pool.ts'
import { startController } from './remote-controller.ts'
import { back, compute, increment, nothing, sleep } from './work.mjs'
import { workerCount } from './worker-count.ts'
import { backMoved } from './yardmaster-work.ts'

const ofNumbers: Readonly<Record<'sleep' | 'compute' | 'increment', (x: number) => unknown>> = {
  sleep,
  compute,
  increment,
}
const link = process.argv[3] as 'threads' | 'zeromq' | 'websocket'
const { client, close } = await (link === 'threads' ? here() : apart(link))
const view = client.loadBalancedView()

await serve({
  version: 'this',
  refuses: ({ how = 'copied' }) => (how !== 'copied' && link !== 'threads' ? 'processes share no memory' : undefined),
  call,
  map: (name, items) => view.map(ofNumbers[name as keyof typeof ofNumbers], items),
  close,
})

async function here() {
  const cluster = await Cluster.start({ engines: workerCount })
  return { client: await cluster.connect(), close: () => cluster.stop() }
}

/** The client is linked as the engines are: three kinds of processes, as with the others that have a controller. */
async function apart(transport: 'zeromq' | 'websocket') {
  const controller = await startController(workerCount, transport)
  const client = await Client.connect(controller.address, { key: controller.key })
  const close = async () => {
    await client.close()
    await controller.stop()
  }
  return { client, close }
}

function call(name: Work, argument: Argument, how: PayloadWay): PromiseLike<unknown> {
  if (name === 'nothing') return view.apply(nothing)
  if (name !== 'back') return view.apply(ofNumbers[name], argument as number)
  return how === 'transferred'
    ? view.apply(backMoved, transfer(argument as Uint8Array<ArrayBuffer>))
    : view.apply(back, argument as Uint8Array)
}
