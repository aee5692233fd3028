/** A controller in a process of its own, until it is killed, or whoever started it has ended. */
import { once } from 'node:events'
import { Cluster } from 'yardmaster'

process.once('disconnect', () => process.exit())
const [order] = await once(process, 'message')
await Cluster.start({
  engines: 0,
  addresses: order.addresses,
  key: Buffer.from(order.key, 'base64url'),
  store: order.store,
  // An engine dies every half second. None of these tasks is to blame.
  hwm: 12,
  engineLossLimit: Number.POSITIVE_INFINITY,
  // Short, so that engines are stopped for less and for more than that.
  heartbeatMs: 2_000,
  recoveryMs: 2_000,
  log: (level, message) => process.stdout.write(`${level} ${message}\n`),
})
process.send('ready')
