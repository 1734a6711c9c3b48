import 'reflect-metadata'
import assert from 'node:assert/strict'
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
  await app.close()
  await guard.gateway.close()
  await emulator.close()
}

void main()
