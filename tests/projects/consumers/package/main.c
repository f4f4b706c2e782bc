/* Loads the model from its file and from memory, calls it, and reads the results and the errors.
 *
 *     c_consumer INPUT   the elements of a float32 [1, 1, 28, 28]; prints the results
 */
#include <lenet/lenet_c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const ts2cpp_api* api;

static void check(int32_t code, const char* what) {
  if (code != TS2CPP_OK) {
    fprintf(stderr, "%s: %s\n", what, api->last_error());
    exit(1);
  }
}

static void* contents(const char* path, size_t* size) {
  FILE* const file = fopen(path, "rb");
  void* data;
  if (file == NULL) {
    exit(2);
  }
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  data = malloc(*size);
  if (data == NULL || fread(data, 1, *size, file) != *size) {
    exit(2);
  }
  fclose(file);
  return data;
}

static void expect(int32_t code, int32_t expected, const char* text) {
  if (code != expected || strstr(api->last_error(), text) == NULL) {
    fprintf(stderr, "code %d: %s, expected %d: %s\n", (int)code, api->last_error(), (int)expected, text);
    exit(1);
  }
}

int main(int argc, char** argv) {
  ts2cpp_model *from_file, *from_memory, *copy, *none = NULL;
  ts2cpp_values *arguments, *results;
  ts2cpp_tensor x, y;
  int64_t shape[4] = {1, 1, 28, 28};
  size_t size, i, m;
  void* weights;
  ts2cpp_model* models[3];
  if (argc != 2) {
    return 2;
  }
  api = lenet_api(TS2CPP_ABI_VERSION);
  if (api == NULL || api->struct_size != sizeof(ts2cpp_api) || lenet_api(TS2CPP_ABI_VERSION + 1) != NULL) {
    return 3;
  }
  printf("%s %s\n", api->name, api->method(api, 0)->signature);
  check(api->load_file(api, lenet_weights_file(), &from_file), "load_file");
  weights = contents(lenet_weights_file(), &size);
  check(api->load_memory(api, weights, size, &from_memory), "load_memory");
  expect(api->load_memory(api, weights, size / 2, &none), TS2CPP_BAD_WEIGHTS, "safetensors");
  expect(api->load_file(api, "absent.safetensors", &none), TS2CPP_BAD_WEIGHTS, "OSError: absent.safetensors");
  expect(api->load(api, &none), TS2CPP_BAD_WEIGHTS, "needs its weights");
  free(weights);
  check(api->copy_model(from_memory, &copy), "copy_model");
  check(api->set_num_threads(2), "set_num_threads");

  memset(&x, 0, sizeof x);
  x.data = contents(argv[1], &size);
  x.device.type = 1;
  x.ndim = 4;
  x.dtype.code = TS2CPP_FLOAT;
  x.dtype.bits = 32;
  x.dtype.lanes = 1;
  x.shape = shape;
  check(api->create_values(&arguments), "create_values");
  expect(api->call(from_file, "forward", arguments, &results), TS2CPP_BAD_ARGUMENT, "there is no array \"x\"");
  check(api->put_tensor(arguments, "x", &x), "put_tensor");
  expect(api->call(from_file, "backward", arguments, &results), TS2CPP_BAD_ARGUMENT, "there is no method \"backward\"");
  models[0] = from_file;
  models[1] = from_memory;
  models[2] = copy;
  for (m = 0; m < 3; ++m) {
    check(api->call(models[m], "forward", arguments, &results), "forward");
    check(api->get_tensor(results, api->name_at(results, 0), &y), "get_tensor");
    for (i = 0; i < 10; ++i) {
      printf("%.9g%c", (double)((const float*)y.data)[i], i == 9 ? '\n' : ' ');
    }
    api->free_values(results);
    api->free_model(models[m]);
  }
  shape[3] = 27;
  check(api->put_tensor(arguments, "x", &x), "put_tensor");
  check(api->load_file(api, lenet_weights_file(), &from_file), "load_file");
  expect(api->call(from_file, "forward", arguments, &results), TS2CPP_RAISED, "\n  at lenet.py:");
  printf("%s\n", api->last_error_kind());
  api->free_model(from_file);
  api->free_values(arguments);
  free(x.data);
  return 0;
}
