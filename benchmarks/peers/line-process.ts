/** A program that is asked line by line, in JSON, answers each line with one, and ends when its input does. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface LineProcess {
  /** What it said of itself when it was ready. */
  readonly ready: unknown
  /** Rejects when it dies, or has not answered within the limit; then it is ended. */
  ask(question: object): Promise<unknown>
  close(): Promise<void>
}

/** Far above what an answer takes. */
const limitMs = 150_000
/** Python's pools take their time to end their workers. */
const endWithinMs = 20_000
const rememberedChars = 2_000

export async function startLineProcess(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<LineProcess> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const gone = new Promise<void>((resolve) => {
    child.once('close', resolve).once('error', resolve)
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-rememberedChars)
  })
  // Its death is told by its output, which ends.
  child.stdin.on('error', () => {})
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async () => {
    const line = await within(limitMs, lines.next(), child)
    if (line.done) throw new Error(`${[command, ...args].join(' ')} ended before it answered. It said:\n${said}`)
    return JSON.parse(line.value) as unknown
  }
  const close = async () => {
    child.stdin.end()
    await within(endWithinMs, gone, child).catch(() => gone)
  }
  try {
    return {
      ready: await next(),
      ask(question) {
        child.stdin.write(`${JSON.stringify(question)}\n`)
        return next()
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** What takes longer is killed. Its own children end by themselves when they are alone. */
async function within<T>(ms: number, result: Promise<T>, child: ChildProcess): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`${child.spawnargs.join(' ')} did not answer within ${ms / 1000} s`))
    }, ms)
  })
  try {
    return await Promise.race([result, late])
  } finally {
    clearTimeout(timer)
  }
}
