/** An engine's side: revives what it is sent in a thread of its own, as plain Node runs it, and calls it. */
import { parentPort, workerData } from 'node:worker_threads'

const { reviveFunction } = await import(workerData.reviveUrl)
const { Payload } = await import(workerData.payloadUrl)

/** What a function answers, with what it yields written out. */
async function settle(result) {
  const value = await result
  if (typeof value === 'function') return settle(value())
  if (typeof value?.next !== 'function') return value
  const all = []
  for await (const part of value) all.push(part)
  return all
}

parentPort.on('message', async ({ id, frames, args }) => {
  try {
    const fn = await reviveFunction(new Payload(frames))
    parentPort.postMessage({ id, name: fn.name, value: await settle(fn(...args)) })
  } catch (error) {
    const { name, message, stack, code } = error
    parentPort.postMessage({ id, error: { name, message, stack, code } })
  }
})
