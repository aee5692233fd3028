/** The system's Chromium, for tests: a real one, without a window, that calls nobody at home. */
import { existsSync } from 'node:fs'
import type { Browser } from 'playwright-core'

const executablePath = '/usr/bin/chromium'

/** Why a test that needs a browser cannot run here; undefined where it can. For `test.skipIf`. */
export const noChromium: string | undefined = existsSync(executablePath)
  ? undefined
  : `there is no Chromium at ${executablePath}`

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** `newPage()` of it gives a page; `close()` ends it with all of its processes. */
export async function startChromium(): Promise<Browser> {
  const { chromium } = await import('playwright-core')
  return chromium.launch({ executablePath, args: flags, headless: true })
}
