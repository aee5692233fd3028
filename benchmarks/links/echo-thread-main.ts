/** A thread that echoes what comes through the port it is given: through a connection of the house, or as it is. */
import { type MessagePort, workerData } from 'node:worker_threads'
import { openPort } from '../../transports/threads.ts'
import { echo } from './pipes.ts'

const { port, isRaw } = workerData as { readonly port: MessagePort; readonly isRaw: boolean }
if (isRaw) port.on('message', (bytes) => port.postMessage(bytes))
else echo(openPort(port))
