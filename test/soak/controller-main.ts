/** A controller with a store, and an engine in a thread. */
import { Cluster } from 'yardmaster'
import { answer, orderOf } from './answering.ts'
import { memoryNow } from './memory.ts'
import type { ControllerOrder } from './messages.ts'

const { addresses, key, store } = await orderOf<ControllerOrder>()
await Cluster.start({
  engines: 1,
  transport: 'memory',
  addresses,
  key: new Uint8Array(Buffer.from(key, 'base64url')),
  store,
  // So little that it is full soon, and what follows is the steady state.
  retention: { countMax: 1_000, bytesMax: 8 * 2 ** 20, purgedMax: 1_000 },
})
answer(memoryNow)
