import 'reflect-metadata'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Controller, Get, Module, Req } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { createEmulator } from '@threescale/emulator'
import threescale from '@threescale/express'
import type { Request } from 'express'

@Controller()
class Words {
  @Get()
  read(@Req() request: Request): string {
    return request.threescale?.plan ?? 'none'
  }
}

@Module({ controllers: [Words] })
class App {}

/** The program of docs/quickstarts.md, which `check:projects` puts beside this one. */
async function tryQuickstart(backendUrl: string): Promise<void> {
  const server = createServer()
  await once(server.listen(0), 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  const env = { PORT: String(port), THREESCALE_BACKEND_URL: backendUrl, THREESCALE_SERVICE_ID: '2555417' }
  const child = spawn(process.execPath, ['quickstart.js'], {
    env: { ...process.env, ...env, THREESCALE_SERVICE_TOKEN: 'demo-token' },
  })
  let said = ''
  for await (const chunk of child.stdout) {
    said += chunk
    if (said.includes('successfully started')) break
  }
  const url = `http://127.0.0.1:${port}/words/hello`
  let served: Response | undefined
  for (let tries = 0; served === undefined && tries < 100; tries++) {
    served = await fetch(`${url}?user_key=unlimited-key`).catch(() => sleep(50, undefined))
  }
  assert.deepEqual(await served?.json(), { plan: 'Unlimited' })
  assert.equal((await fetch(url)).status, 401)
  child.kill('SIGTERM')
  assert.equal((await once(child, 'exit'))[1], 'SIGTERM')
}

async function main(): Promise<void> {
  const emulator = createEmulator()
  const backendUrl = await emulator.listen({ port: 0 })
  const guard = threescale({ serviceId: '2555417', serviceToken: 'demo-token', timeoutMs: 10_000, backendUrl })
  const app = await NestFactory.create<NestExpressApplication>(App, { logger: false })
  app.use(guard)
  await app.listen(0)
  const url = (await app.getUrl()).replace('[::1]', 'localhost')
  const ask = async (key: string) => {
    const answer = await fetch(`${url}/?user_key=${key}`)
    return [answer.status, answer.ok ? await answer.text() : '']
  }
  assert.deepEqual(
    [await ask('unlimited-key'), await ask('no-such-key')],
    [
      [200, 'Unlimited'],
      [403, ''],
    ],
  )
  await tryQuickstart(backendUrl)
  await app.close()
  await guard.gateway.close()
  await emulator.close()
}

void main()
