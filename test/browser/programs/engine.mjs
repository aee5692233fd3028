/** What a page does as an engine. */
import { startEngine } from '../dist/browser.js'

export async function start({ address, key, name }) {
  const engine = await startEngine({ address, key, ...(name === undefined ? {} : { name }) })
  globalThis.engine = engine
  return engine.id
}

export function startInWorker(place) {
  const worker = new Worker('/programs/engine-worker.mjs', { type: 'module' })
  worker.postMessage(place)
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = () => reject(new Error('the worker failed'))
  })
}
