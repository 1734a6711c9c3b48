// The project's own fastify is another version than the one inside Nest: two copies, in types and in the process.
import 'reflect-metadata'
import assert from 'node:assert/strict'
import { Controller, Get, Module, Req } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { createEmulator } from '@threescale/emulator'
import threescale from '@threescale/fastify'
import Fastify, { type FastifyRequest } from 'fastify'

@Controller()
class Words {
  @Get()
  read(@Req() request: FastifyRequest): string {
    return request.threescale?.plan ?? 'none'
  }
}

@Module({ controllers: [Words] })
class App {}

const statusOf = async (url: string) => {
  const answers = ['unlimited-key', 'no-such-key'].map((key) => fetch(`${url}/?user_key=${key}`))
  return (await Promise.all(answers)).map(({ status }) => status)
}

async function main(): Promise<void> {
  const emulator = createEmulator()
  const backendUrl = await emulator.listen({ port: 0 })
  const own = { serviceId: '2555417', serviceToken: 'demo-token', timeoutMs: 10_000, backendUrl }

  const nest = await NestFactory.create<NestFastifyApplication>(App, new FastifyAdapter(), { logger: false })
  await nest.register(threescale, own)
  await nest.listen(0)
  assert.deepEqual(await statusOf((await nest.getUrl()).replace('[::1]', 'localhost')), [200, 403])

  const app = Fastify()
  assert.notEqual(app.version, nest.getHttpAdapter().getInstance().version)
  await app.register(threescale, own)
  app.get('/', (request) => request.threescale?.plan)
  assert.deepEqual(await statusOf(await app.listen({ port: 0 })), [200, 403])
  assert.equal(app.threescale?.stats().decisions !== undefined, true)

  await nest.close()
  await app.close()
  await emulator.close()
}

void main()
