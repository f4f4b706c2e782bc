/* The C interface of exported models, the same for all of them: NAME_c.h declares NAME_api(), which gives a model's.
 *
 * Plain C99: a table of functions, handles, and tensors that are laid out as DLPack lays them out. No exception leaves
 * a function; those that can fail give one of the codes below, and last_error() says more.
 *
 *     const ts2cpp_api* api = lenet_api(TS2CPP_ABI_VERSION);
 *     ts2cpp_model* model = NULL;
 *     if (api->load_file(api, "weights.safetensors", &model) != TS2CPP_OK) { puts(api->last_error()); }
 *
 * Functions are only ever added, at the end of the table: one that a caller knows is there if it lies within
 * `struct_size` bytes.
 */
#ifndef TS2CPP_C_API_H
#define TS2CPP_C_API_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) && !defined(_WIN32)
#define TS2CPP_EXPORT __attribute__((visibility("default")))
#else
#define TS2CPP_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define TS2CPP_ABI_VERSION 1U

/* What functions give back. */
#define TS2CPP_OK 0
#define TS2CPP_BAD_ARGUMENT 1 /* what the caller gave does not fit: a name, a type, a null pointer */
#define TS2CPP_BAD_WEIGHTS 2  /* weights that cannot be read, or of another program */
#define TS2CPP_RAISED 3       /* the program raised an exception, as it would have in Python */
#define TS2CPP_NO_MEMORY 4
#define TS2CPP_FAULT 5 /* anything else */

/* ---- tensors: the same bytes as DLDevice, DLDataType, DLTensor and DLManagedTensor, so pointers may be cast */
typedef struct ts2cpp_device {
  int32_t type; /* 1: this processor, the only one there is */
  int32_t id;
} ts2cpp_device;

/* Codes of dtypes. */
#define TS2CPP_INT 0
#define TS2CPP_UINT 1
#define TS2CPP_FLOAT 2
#define TS2CPP_BFLOAT 4
#define TS2CPP_COMPLEX 5
#define TS2CPP_BOOL 6

typedef struct ts2cpp_dtype {
  uint8_t code;
  uint8_t bits;
  uint16_t lanes; /* 1 */
} ts2cpp_dtype;

typedef struct ts2cpp_tensor {
  void* data;
  ts2cpp_device device;
  int32_t ndim;
  ts2cpp_dtype dtype;
  int64_t* shape;
  int64_t* strides; /* in elements; null: row-major without gaps */
  uint64_t byte_offset;
} ts2cpp_tensor;

typedef struct ts2cpp_managed_tensor {
  ts2cpp_tensor tensor;
  void* manager;
  void (*deleter)(struct ts2cpp_managed_tensor* self); /* to be called once, when the tensor is no longer needed */
} ts2cpp_managed_tensor;

/* ---- handles */
typedef struct ts2cpp_model ts2cpp_model;   /* a model with its state */
typedef struct ts2cpp_values ts2cpp_values; /* arguments or results by name */
typedef struct ts2cpp_exports ts2cpp_exports;

/* A method of the model. */
typedef struct ts2cpp_method {
  size_t struct_size;
  const char* name;
  const char* signature; /* "forward(x: Tensor) -> Tensor", as in Python */
  int32_t changes_model; /* calls of it change the state of the model, and take turns */
} ts2cpp_method;

/* Arguments and results are flattened, and called as in the files of the command-line program: an argument by the name
 * of its parameter, a result "output"; items of lists and tuples by position ("xs.0", "output.1"), of dicts by key
 * ("d.key"); None and empty containers by absence. Numbers are tensors without dimensions (int64, float64, bool,
 * complex128). Text is UTF-8 and ends with a NUL that its length does not count.
 */
typedef struct ts2cpp_api {
  size_t struct_size;
  uint32_t version;              /* TS2CPP_ABI_VERSION */
  const char* name;              /* of the model */
  const ts2cpp_exports* exports; /* of no meaning to the caller */

  /* Of the last failure on this thread, until the next one: "ValueError: text" and a line for every Python line that
   * led there; and the name of the exception alone. */
  const char* (*last_error)(void);
  const char* (*last_error_kind)(void);

  size_t (*method_count)(const struct ts2cpp_api* api);
  const ts2cpp_method* (*method)(const struct ts2cpp_api* api, size_t index); /* null beyond the last */

  /* Models. load() is for those that carry their weights or have none; the bytes of load_memory() are copied. A copy
   * shares nothing that calls change. */
  int32_t (*load)(const struct ts2cpp_api* api, ts2cpp_model** model);
  int32_t (*load_file)(const struct ts2cpp_api* api, const char* weights, ts2cpp_model** model);
  int32_t (*load_memory)(const struct ts2cpp_api* api, const void* weights, size_t size, ts2cpp_model** model);
  int32_t (*copy_model)(const ts2cpp_model* model, ts2cpp_model** copy);
  void (*free_model)(ts2cpp_model* model);

  /* Threads for the work of one call, in the whole program; and the seed of the random numbers. */
  int32_t (*num_threads)(void);
  int32_t (*set_num_threads)(int32_t count);
  int32_t (*manual_seed)(int64_t seed);

  /* Arguments. A name that is there already is replaced. put_tensor() copies the elements; put_managed() uses them
   * where they are and takes the tensor over, also when it fails. */
  int32_t (*create_values)(ts2cpp_values** values);
  void (*free_values)(ts2cpp_values* values);
  int32_t (*put_tensor)(ts2cpp_values* values, const char* name, const ts2cpp_tensor* tensor);
  int32_t (*put_managed)(ts2cpp_values* values, const char* name, ts2cpp_managed_tensor* tensor);
  int32_t (*put_bool)(ts2cpp_values* values, const char* name, int32_t value);
  int32_t (*put_int)(ts2cpp_values* values, const char* name, int64_t value);
  int32_t (*put_float)(ts2cpp_values* values, const char* name, double value);
  int32_t (*put_text)(ts2cpp_values* values, const char* name, const char* text, size_t length);

  /* A call: the results are new values. Any number of threads may call methods of one model. */
  int32_t (*call)(ts2cpp_model* model, const char* method, const ts2cpp_values* arguments, ts2cpp_values** results);

  /* Results. The tensor of get_tensor() is valid as long as the values are; that of get_managed() until its deleter is
   * called. */
  size_t (*count)(const ts2cpp_values* values);
  const char* (*name_at)(const ts2cpp_values* values, size_t index); /* null beyond the last */
  int32_t (*is_text)(const ts2cpp_values* values, const char* name);
  int32_t (*get_tensor)(const ts2cpp_values* values, const char* name, ts2cpp_tensor* tensor);
  int32_t (*get_managed)(const ts2cpp_values* values, const char* name, ts2cpp_managed_tensor** tensor);
  int32_t (*get_bool)(const ts2cpp_values* values, const char* name, int32_t* value);
  int32_t (*get_int)(const ts2cpp_values* values, const char* name, int64_t* value);
  int32_t (*get_float)(const ts2cpp_values* values, const char* name, double* value);
  int32_t (*get_text)(const ts2cpp_values* values, const char* name, const char** text, size_t* length);
} ts2cpp_api;

#ifdef __cplusplus
}
#endif

#endif
