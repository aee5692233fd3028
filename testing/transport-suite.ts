/**
 * What every transport must do. A transport of your own adds a set-up and, where it must, exceptions with their reasons:
 *
 *   transportSuite({ name: 'pigeon', runner: { describe, test }, setup: () => ({ transport: pigeonTransport(), address: nextLoft }) })
 */
import { handshakeCases } from './handshake-cases.ts'
import { endCases } from './transport-end-cases.ts'
import { messageCases } from './transport-message-cases.ts'
import type { TransportUnderTest } from './transport-pair.ts'

export type { TransportUnderTest } from './transport-pair.ts'

const cases = { ...messageCases, ...endCases, ...handshakeCases }

/** The cases of the suite, by title. */
export type TransportCase = keyof typeof cases

/** The part of vitest (or of what is like it) that the suite needs. */
export interface SuiteRunner {
  describe(name: string, body: () => void): void
  test: { (name: string, body: () => Promise<void>): void; skip(name: string, body: () => Promise<void>): void }
}

/** The transport to test, and with what. */
export interface TransportSuiteOptions {
  readonly name: string
  readonly runner: SuiteRunner
  /** Called for each case. */
  setup(): TransportUnderTest | Promise<TransportUnderTest>
  /** The manifest: cases that this transport cannot meet, each with the reason. */
  readonly exceptions?: Partial<Record<TransportCase, string>>
}

/** Declares a test for each rule that every transport has to keep. */
export function transportSuite({ name, runner, setup, exceptions = {} }: TransportSuiteOptions): void {
  runner.describe(`transport ${name}`, () => {
    for (const [title, run] of Object.entries(cases)) {
      const reason = exceptions[title as TransportCase]
      const body = async () => run(await setup())
      // Left out for the reason that the manifest gives, which is shown.
      if (reason !== undefined) runner.test.skip(`${title} (${reason})`, body)
      else runner.test(title, body)
    }
  })
}
