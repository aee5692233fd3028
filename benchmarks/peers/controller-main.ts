/** A controller and its engines, processes of their own. Says where it listens; ends when its input does. */
import { Cluster } from '../../views/cluster.ts'
import type { ControllerReady } from './remote-controller.ts'

const [engines, transport] = process.argv.slice(2) as [string, 'zeromq' | 'websocket']
const cluster = await Cluster.start({ engines: Number(engines), engineKind: 'process', transport })
const ready: ControllerReady = {
  address: cluster.addresses[0] as string,
  key: Buffer.from(cluster.key).toString('hex'),
}
process.stdout.write(`${JSON.stringify(ready)}\n`)
process.stdin.resume().once('end', () => void cluster.stop().then(() => process.exit()))
