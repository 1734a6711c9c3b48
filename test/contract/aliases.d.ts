/** The older majors are installed under other names and have the types of the newer ones, as far as tests go. */
declare module 'express4' {
  import express from 'express'
  export default express
}
declare module 'koa2' {
  import Koa from 'koa'
  export default Koa
}
