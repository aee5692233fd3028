/**
 * Yardmaster. The second argument says how its engines are linked, and what they are: threads, or else processes. The third, `beside`: the
 * client is in the process of the controller; else it has one of its own, as the others' clients have.
 */
import { transfer } from '../../core/transfer.ts'
import { Client } from '../../views/client.ts'
import { Cluster } from '../../views/cluster.ts'
import type { PayloadWay, Work } from './job.ts'
import { type Argument, serve } from './pool.ts'
import { startController } from './remote-controller.ts'
import { back, compute, give, increment, nothing, sleep, take } from './work.mjs'
import { workerCount } from './worker-count.ts'
import { backMoved } from './yardmaster-work.ts'

const ofNumbers = { sleep, compute, increment, give }
const link = process.argv[3] as 'threads' | 'zeromq' | 'websocket'
const place = process.argv[4]
const { client, close } = await (link === 'threads' || place === 'beside' ? beside() : apart(link))
const view = client.loadBalancedView()

await serve({
  version: 'this',
  refuses: ({ how = 'copied' }) => (how !== 'copied' && link !== 'threads' ? 'processes share no memory' : undefined),
  call,
  map: (name, items) => view.map<[number], unknown>(ofNumbers[name as keyof typeof ofNumbers], items),
  close,
})

async function beside() {
  const processes = link === 'threads' ? {} : ({ engineKind: 'process', transport: link } as const)
  const cluster = await Cluster.start({ engines: workerCount, ...processes })
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
  if (name === 'take') return view.apply(take, argument as Uint8Array)
  if (name !== 'back') return view.apply<[number], unknown>(ofNumbers[name], argument as number)
  return how === 'transferred'
    ? view.apply(backMoved, transfer(argument as Uint8Array<ArrayBuffer>))
    : view.apply(back, argument as Uint8Array)
}
