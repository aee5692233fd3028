/** A controller with a store, and an engine in a thread. */
import { Cluster } from 'yardmaster'
import { answer, orderOf } from './answering.ts'
import { retained } from './fill.ts'
import { memoryNow } from './memory.ts'
import type { ControllerOrder } from './messages.ts'

const { addresses, key, store } = await orderOf<ControllerOrder>()
await Cluster.start({
  engines: 1,
  transport: 'memory',
  addresses,
  key: new Uint8Array(Buffer.from(key, 'base64url')),
  store,
  // So little that it is full soon; but what a client comes back to after a lost link is still there.
  retention: { ...retained, bytesMax: 64 * 2 ** 20 },
})
answer(memoryNow)
