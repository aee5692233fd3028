/** What a page does as a client. Each function gets a controller's address and key, and gives what can be told. */
import { bind, Client, RemoteError, task } from '../dist/browser.js'

export async function map({ address, key, count }) {
  const client = await Client.connect(address, { key })
  await client.waitForEngines(2)
  const items = Array.from({ length: count }, (_, x) => x)
  const values = await client.loadBalancedView().map((x) => x ** 2, items)
  const engines = client.ids.length
  await client.close()
  return { isRight: values.every((value, x) => value === x ** 2), count: values.length, engines }
}

export async function functions({ address, key, module }) {
  const client = await Client.connect(address, { key })
  const lview = client.loadBalancedView()
  const rate = 3
  const told = {}
  told.bound = await lview.apply(
    bind({ factor: 2, add: (a, b) => a + b }, (x) => add(x * factor, 1)),
    20,
  )
  told.exported = await lview.apply(task(module, 'double'), 21)
  told.bytes = await lview.apply((bytes) => bytes.map((byte) => byte + 1), new Uint8Array(100_000).fill(1))
  told.bytes = [told.bytes.constructor.name, told.bytes.length, told.bytes.every((byte) => byte === 2)]
  try {
    lview.apply((x) => x * rate, 1)
  } catch (error) {
    told.captured = { name: error.constructor.name, code: error.code, message: error.message }
  }
  const failing = await lview.apply(() => JSON.parse('{')).catch((error) => error)
  told.failed = [failing instanceof RemoteError, failing.remoteName, failing.cause instanceof SyntaxError]
  const printing = lview.apply(() => console.log('from Node'))
  await printing
  told.printed = printing.stdout
  const parts = []
  for await (const part of lview.apply(function* () {
    yield 1
    yield 2
  }))
    parts.push(part)
  told.parts = parts
  const dview = client.directView(client.ids[0])
  await dview.execute('shared = 40 + 2')
  told.pulled = await dview.pull('shared')
  await client.close()
  return told
}

/** Begins a map, and tells how it ends by `finish`: meanwhile the link may be lost. */
export async function beginMap({ address, key, count }) {
  const client = await Client.connect(address, { key })
  const slow = async (x) => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return x + 1
  }
  const result = client.loadBalancedView().map(
    slow,
    Array.from({ length: count }, (_, x) => x),
  )
  globalThis.begun = { client, result }
  for await (const _ of result) return client.status
}

export async function finish() {
  const { client, result } = globalThis.begun
  const values = await result
  return { isRight: values.every((value, x) => value === x + 1), count: values.length, status: client.status }
}

export async function connectError({ address, key }) {
  return Client.connect(address, { key, connectTimeoutMs: 5000 }).then(
    () => 'connected',
    (error) => ({ code: error.code, message: error.message, name: error.name }),
  )
}
