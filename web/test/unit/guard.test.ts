import { expect, test } from 'vitest';
import { BautaError } from '../../src/faults.js';
import { RawUploadError, guardUploads } from '../../src/guard.js';

test('where there is no browser the guard goes on and off, and changes nothing', () => {
  const before = Object.getOwnPropertyNames(globalThis).map((name) => Reflect.get(globalThis, name) as unknown);
  const takeOff = guardUploads();
  const during = Object.getOwnPropertyNames(globalThis).map((name) => Reflect.get(globalThis, name) as unknown);
  takeOff();
  expect(during).toEqual(before);
});

test('a violation names the call, the cause and the way out', () => {
  const violation = new RawUploadError('VideoEncoder.encode');
  expect(violation).toBeInstanceOf(BautaError);
  expect(violation).toMatchObject({ name: 'RawUploadError', code: 'raw-upload', way: 'VideoEncoder.encode' });
  expect(violation.message).toMatch(/^VideoEncoder\.encode was given .* no Bauta made.*; give it .*processFrame\(\)$/);
});
