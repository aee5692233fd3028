// A client that submits many tasks at once, as fast as it can, and says how many came back right. Its arguments: address, key, how many, bytes of each.
import { Client } from 'yardmaster'

const [address, key, count, bytes] = process.argv.slice(2)
const client = await Client.connect(address, { key })
const lview = client.loadBalancedView()
let right = 0
const results = Array.from({ length: Number(count) }, (_, i) =>
  lview
    .apply((given) => given.length + given[0], new Uint8Array(Number(bytes)).fill(i))
    .then((sum) => {
      if (sum === Number(bytes) + (i % 256)) right += 1
    }),
)
await Promise.all(results)
process.send({ right, status: client.status })
await client.close()
process.disconnect()
