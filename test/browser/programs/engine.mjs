/** What a page does as an engine. */
import { startEngine } from '../dist/browser.js'

export async function start({ address, key, name }) {
  const engine = await startEngine({ address, key, ...(name === undefined ? {} : { name }) })
  globalThis.engine = engine
  return engine.id
}
