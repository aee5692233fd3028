import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Lets in who has the token: in the link that is printed, and from then on in a cookie. */
export class Gate {
  readonly token = randomBytes(24).toString('base64url')

  lets(request: IncomingMessage): boolean {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const given = searchParams.get('token') ?? cookie(request, this.#cookieName(request))
    return given !== undefined && isEqual(given, this.token)
  }

  /** No page of another site sends it, and no script reads it. */
  cookieFor(request: IncomingMessage): string {
    return `${this.#cookieName(request)}=${this.token}; Path=/; HttpOnly; SameSite=Strict`
  }

  /** Browsers keep cookies of all ports of a host together. */
  #cookieName({ socket: { localPort } }: IncomingMessage): string {
    return `yardmaster-dashboard-${localPort}`
  }
}

/** Whether no page but one that this host served asks for it. Programs name no origin. */
export function isOwnOrigin({ headers: { origin, host } }: IncomingMessage): boolean {
  if (origin === undefined) return true
  return URL.canParse(origin) && new URL(origin).host === host
}

function cookie({ headers }: IncomingMessage, name: string): string | undefined {
  const start = `${name}=`
  const found = headers.cookie?.split(/;\s*/).find((one) => one.startsWith(start))
  return found?.slice(start.length)
}

/** In constant time. */
function isEqual(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}
