import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP link to an address through this process, which can be cut, or carry in one direction only. */
export class Cable implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #target: URL
  /** While true, nothing comes back: what is asked arrives, and its answer is lost with the link. */
  isMute = false

  private constructor(target: URL) {
    this.#target = target
    this.#server = createServer((near) => this.#join(near))
  }

  static async to(address: string): Promise<Cable> {
    const cable = new Cable(new URL(address))
    cable.#server.listen(0, '127.0.0.1')
    await once(cable.#server, 'listening')
    return cable
  }

  get address(): string {
    const { port } = this.#server.address() as AddressInfo
    return `${this.#target.protocol}//127.0.0.1:${port}`
  }

  /** Ends what is linked; who dials again is linked anew. */
  cut(): void {
    this.isMute = false
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(near: Socket): void {
    const far = connect(Number(this.#target.port), this.#target.hostname)
    for (const socket of [near, far]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    near.on('data', (bytes) => far.write(bytes))
    far.on('data', (bytes) => {
      if (!this.isMute) near.write(bytes)
    })
  }
}
