/** A worker that hosts an engine: its own worker for tasks is within it. */
import { startEngine } from '../dist/browser.js'

self.onmessage = async ({ data }) => {
  const engine = await startEngine(data)
  self.postMessage(engine.id)
}
