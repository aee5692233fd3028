import { render } from 'preact'
import { App } from './app.tsx'
import { RunSource } from './run-source.ts'
import { readSavedRun } from './saved-run.ts'
import 'uplot/dist/uPlot.min.css'
import './style.css'

// The cookie lets this page in from now on: the token need not stand in the address bar, nor in the history.
if (location.search !== '') history.replaceState(null, '', location.pathname)

const source = new RunSource(location)
const included = document.getElementById('run')?.textContent
if (included) source.show(readSavedRun(included), 'as recorded')
else source.watch()
const place = document.getElementById('app')
if (place) render(<App source={source} />, place)
