// A client that submits what it is told to, awaits all of it, and says how each ended. Its arguments: address, key, what, how many, bytes of each.
import { Client } from 'yardmaster'

const [address, key, what, count, bytes] = process.argv.slice(2)
const client = await Client.connect(address, { key })
const lview = client.loadBalancedView()

const make = {
  results: () => lview.apply((length) => new Uint8Array(length).fill(7), Number(bytes)),
  values: () =>
    lview.apply(
      async (length, rounds) => {
        const { currentTask } = await import('yardmaster/engine')
        for (let i = 0; i < rounds; i += 1) {
          currentTask().emit(new Uint8Array(length))
          currentTask().progress(i)
          if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
        }
      },
      Number(bytes),
      5_000,
    ),
  stream: () =>
    lview.apply(async function* (length) {
      for (let i = 0; ; i += 1) yield new Uint8Array(length).fill(i)
    }, Number(bytes)),
}[what]

const results = Array.from({ length: Number(count) }, () => make())
await client.flush()
process.send('accepted')
if (what === 'stream') {
  for (const result of results) {
    void (async () => {
      for await (const _ of result);
    })().catch((error) => process.send(error.cause?.code))
  }
} else {
  const ends = await Promise.allSettled(results)
  process.send(
    ends.map(({ status, value, reason }, i) => ({
      status,
      right: what === 'values' || (value?.length === Number(bytes) && value.every((byte) => byte === 7)),
      code: reason?.code,
      dropped: results[i].metadata[0]?.emitsDropped ?? 0,
    })),
  )
  await client.close()
  process.disconnect()
}
