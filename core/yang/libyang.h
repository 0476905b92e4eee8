/* What yangbeam reads of libyang, for cffi. The C compiler lays every structure out by the installed headers: "..."
 * stands for the members that are not read, wherever they are. */

typedef unsigned char ly_bool;
typedef int LY_ERR;
typedef int LY_DATA_TYPE;
typedef int LYD_FORMAT;
typedef int LYS_INFORMAT;

/* Which library: of the headers, and the one that runs (empty: it does not say). */
const char *built_for(void);
const char *running(void);

/* Contexts and errors */
#define LY_CTX_DISABLE_SEARCHDIR_CWD ...
#define LY_CTX_NO_YANGLIBRARY ...
#define LY_CTX_EXPLICIT_COMPILE ...
#define LY_CTX_REF_IMPLEMENTED ...
#define LY_CTX_SET_PRIV_PARSED ...
static const int LY_SUCCESS;
static const int LY_LLERR;
#define LY_LOSTORE ...
struct ly_ctx;
struct ly_err_item { char *msg; struct ly_err_item *next; ...; };
LY_ERR ly_ctx_new(const char *search_dir, uint16_t options, struct ly_ctx **new_ctx);
void ly_ctx_destroy(struct ly_ctx *ctx);
LY_ERR ly_ctx_compile(struct ly_ctx *ctx);
struct lys_module *ly_ctx_load_module(struct ly_ctx *ctx, const char *name, const char *revision, const char **features);
struct lys_module *ly_ctx_get_module_iter(const struct ly_ctx *ctx, uint32_t *index);
const char *error_path(const struct ly_err_item *item);
const char *error_schema_path(const struct ly_err_item *item);
uint64_t error_line(const struct ly_err_item *item);
const struct ly_err_item *ly_err_first(const struct ly_ctx *ctx);
void ly_err_clean(struct ly_ctx *ctx, struct ly_err_item *item);
uint32_t ly_log_options(uint32_t options);
int log_level(int level);

/* Data */
static const int LYD_JSON;
#define LYD_PARSE_ONLY ...
#define LYD_PARSE_STRICT ...
#define LYD_VALIDATE_PRESENT ...
struct lyd_node;
LY_ERR lyd_parse_data_mem(const struct ly_ctx *ctx, const char *data, LYD_FORMAT format, uint32_t parse_options,
                          uint32_t validate_options, struct lyd_node **tree);
void lyd_free_all(struct lyd_node *node);

/* Modules */
static const int LYS_IN_YANG;
struct lysp_import { const char *name; const char *prefix; ...; };
struct lysp_type { const char *name; const struct lysp_module *pmod; struct lysc_type *compiled; ...; };
struct lysp_tpdf { const char *name; struct lysp_type type; ...; };
struct lysp_module { struct lys_module *mod; struct lysp_import *imports; struct lysp_tpdf *typedefs; ...; };
struct lysc_module;
struct lys_module {
    const char *name;
    const char *revision;
    const char *ns;
    struct lysp_module *parsed;
    struct lysc_module *compiled;
    struct lys_module **deviated_by;
    ly_bool implemented;
    ...;
};
LY_ERR lys_parse_mem(struct ly_ctx *ctx, const char *data, LYS_INFORMAT format, struct lys_module **module);

/* Nodes */
#define LYS_CONTAINER ...
#define LYS_LIST ...
#define LYS_LEAF ...
#define LYS_LEAFLIST ...
#define LYS_ANYDATA ...
#define LYS_ANYXML ...
#define LYS_NOTIF ...
#define LYS_CONFIG_W ...
#define LYS_CONFIG_R ...
#define LYS_MAND_TRUE ...
#define LYS_ORDBY_USER ...
#define LYS_PRESENCE ...
#define LYS_KEY ...
#define LYS_KEYLESS ...
struct lysp_node_container { const char *presence; ...; };
struct lysp_node_leaf { struct lysp_type type; ...; };
struct lysp_node_leaflist { struct lysp_type type; ...; };
struct lysc_node {
    uint16_t nodetype;
    uint16_t flags;
    struct lys_module *module;
    const char *name;
    const char *dsc;
    void *priv;
    ...;
};
struct lysc_node_leaf { struct lysc_type *type; const char *units; ...; };
struct lysc_node_leaflist { struct lysc_type *type; const char *units; ...; };
const struct lysc_node *lys_getnext(const struct lysc_node *last, const struct lysc_node *parent,
                                    const struct lysc_module *module, uint32_t options);

/* Types */
static const int LY_TYPE_BINARY;
static const int LY_TYPE_UINT8;
static const int LY_TYPE_UINT16;
static const int LY_TYPE_UINT32;
static const int LY_TYPE_UINT64;
static const int LY_TYPE_STRING;
static const int LY_TYPE_BITS;
static const int LY_TYPE_BOOL;
static const int LY_TYPE_DEC64;
static const int LY_TYPE_EMPTY;
static const int LY_TYPE_ENUM;
static const int LY_TYPE_IDENT;
static const int LY_TYPE_INST;
static const int LY_TYPE_LEAFREF;
static const int LY_TYPE_UNION;
static const int LY_TYPE_INT8;
static const int LY_TYPE_INT16;
static const int LY_TYPE_INT32;
static const int LY_TYPE_INT64;
struct lyxp_expr;
struct lyplg_type { const char *id; ...; };
struct lysc_range_part {
    union { int64_t min_64; uint64_t min_u64; };
    union { int64_t max_64; uint64_t max_u64; };
    ...;
};
struct lysc_range { struct lysc_range_part *parts; ...; };
struct lysc_pattern { const char *expr; ...; };
struct lysc_ident { const char *name; struct lys_module *module; struct lysc_ident **derived; ...; };
struct lysc_type_bitenum_item { const char *name; union { int32_t value; uint32_t position; }; ...; };
struct lysc_type { struct lyplg_type *plugin; LY_DATA_TYPE basetype; ...; };
struct lysc_type_num { struct lysc_range *range; ...; };
struct lysc_type_dec { uint8_t fraction_digits; struct lysc_range *range; ...; };
struct lysc_type_str { struct lysc_range *length; struct lysc_pattern **patterns; ...; };
struct lysc_type_bin { struct lysc_range *length; ...; };
struct lysc_type_enum { struct lysc_type_bitenum_item *enums; ...; };
struct lysc_type_bits { struct lysc_type_bitenum_item *bits; ...; };
struct lysc_type_identityref { struct lysc_ident **bases; ...; };
struct lysc_type_leafref { struct lyxp_expr *path; struct lysc_type *realtype; ...; };
struct lysc_type_union { struct lysc_type **types; ...; };
const char *lyxp_get_expr(const struct lyxp_expr *path);

/* What only the compiler can read: the count before a sized array, and a bit of a bit field. */
uint64_t array_length(const void *array);
int is_inverted(const struct lysc_pattern *pattern);
