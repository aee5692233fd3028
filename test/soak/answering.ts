import type { Answer, Question } from './messages.ts'

/** Answers each question of the process that started this one, and ends with it. */
export function answer<Value>(reply: (question: Question) => Promise<Value | undefined>): void {
  process.on('message', async (question: Question) => {
    const { user, system } = process.cpuUsage()
    const value = await reply(question)
    if (value === undefined) return
    const said: Answer<Value> = { value, cpuSeconds: (user + system) / 1e6 }
    process.send?.(said)
  })
  process.send?.('ready')
}

/** What this process is to be. */
export function orderOf<Order>(): Promise<Order> {
  process.once('disconnect', () => process.exit())
  return new Promise((resolve) => process.once('message', (order: Order) => resolve(order)))
}
