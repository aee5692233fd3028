/** A client in a process of its own. It has a limited number of tasks under way, so that it submits all along. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AsyncResult, Client, ConnectionLostError, type SessionId, UnreachableError } from 'yardmaster'
import type { ClientOrder, ClientWord } from './messages.ts'
import { ReplyWatch } from './reply-watch.ts'
import { type Ending, endingOf, submit } from './workload.ts'

const underWayMax = 500
const reconnectMs = 120_000
const flushEvery = 100

const say = (word: ClientWord) => process.send?.(word)
process.once('disconnect', () => process.exit(1))
const [order] = (await once(process, 'message')) as [ClientOrder]

const watch = new ReplyWatch()
const { address, key, log, from, to, inherits } = order
const client = await connect()
say({ type: 'began', session: client.session })

const view = client.loadBalancedView()
const ids = new Map<number, string>()
/** Of the client that was killed, whose tasks go on without it. */
const found = new Map<number, string>()
if (inherits !== undefined) {
  for (const { id, label } of await client.query({ client: inherits as SessionId })) found.set(Number(label), id)
  say({ type: 'found', items: [...found.keys()] })
}

let endings: Ending[] = []
let ended = 0
function follow(item: number, result: AsyncResult<unknown>): void {
  ids.set(item, result.ids[0] as string)
  void endingOf(item, result).then((ending) => {
    endings.push(ending)
    ended += 1
  })
}
const tell = () => {
  if (endings.length > 0) say({ type: 'ended', endings })
  endings = []
}
const telling = setInterval(tell, 100)

for (let item = from; item < to; item += 1) {
  while (item - from - ended >= underWayMax) await sleep(10)
  const known = found.get(item)
  follow(
    item,
    known === undefined ? submit(item, { view, log, idOf: (other) => ids.get(other) }) : client.getResult(known),
  )
  if (item % flushEvery === 0) void client.flush().then(() => say({ type: 'accepted', below: item + 1 }))
  // Each is a message of its own: what is lost with a link is not all or nothing.
  if (item % 8 === 0) await sleep(1)
}
while (ended < to - from) await sleep(10)
clearInterval(telling)
tell()
say({ type: 'contradicted', ids: watch.contradicted })
say({ type: 'done', replies: watch.replies, repeats: watch.repeats })
await client.close()
process.disconnect()

/** The controller may be down, or be killed meanwhile: `connect` tries once, and says so. */
async function connect(): Promise<Client> {
  const giveUpAt = performance.now() + reconnectMs
  for (;;) {
    try {
      return await Client.connect(address, { key, inspect: watch.inspect, reconnectMs })
    } catch (error) {
      const isGone = error instanceof UnreachableError || error instanceof ConnectionLostError
      if (!isGone || performance.now() > giveUpAt) throw error
      await sleep(100)
    }
  }
}
