/** The main module of the Web Worker in which a browser's engine runs tasks; published beside `browser.js`, bundled like it. */
import { serveEngine } from './cluster/executors/worker-host.ts'

serveEngine()
