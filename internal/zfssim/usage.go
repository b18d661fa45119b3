package zfssim

// usageText is what each command prints about itself.
var usageText = map[string]string{
	"clone": "\tclone [-p] [-o property=value] ... <snapshot> <filesystem|volume>\n",
	"create": "\tcreate [-Pnpuv] [-o property=value] ... <filesystem>\n" +
		"\tcreate [-Pnpsv] [-b blocksize] [-o property=value] ... -V <size> <volume>\n",
	"destroy": "\tdestroy [-fnpRrv] <filesystem|volume>\n" +
		"\tdestroy [-dnpRrv] <filesystem|volume>@<snap>[%<snap>][,...]\n" +
		"\tdestroy <filesystem|volume>#<bookmark>\n",
	"get": "\tget [-rHp] [-j [--json-int]] [-d max] [-o \"all\" | field[,...]]\n" +
		"\t    [-t type[,...]] [-s source[,...]]\n" +
		"\t    <\"all\" | property[,...]> [filesystem|volume|snapshot|bookmark] ...\n",
	"inherit": "\tinherit [-rS] <property> <filesystem|volume|snapshot> ...\n",
	"list": "\tlist [-Hp] [-j [--json-int]] [-r|-d max] [-o property[,...]] [-s property]...\n" +
		"\t    [-S property]... [-t type[,...]] [filesystem|volume|snapshot] ...\n",
	"mount":   "\tmount [-j]\n\tmount [-flvO] [-o opts] <-a|-R filesystem|filesystem>\n",
	"unmount": "\tunmount [-fu] <-a | filesystem|mountpoint>\n",
	"promote": "\tpromote <clone-filesystem>\n",
	"receive": "\treceive [-vMnsFhu] [-o <property>=<value>] ... [-x <property>] ...\n" +
		"\t    <filesystem|volume|snapshot>\n" +
		"\treceive [-vMnsFhu] [-o <property>=<value>] ... [-x <property>] ... \n" +
		"\t    [-d | -e] <filesystem>\n" +
		"\treceive -A <filesystem|volume>\n",
	"rename": "\trename [-f] <filesystem|volume|snapshot> <filesystem|volume|snapshot>\n" +
		"\trename -p [-f] <filesystem|volume> <filesystem|volume>\n" +
		"\trename -u [-f] <filesystem> <filesystem>\n" +
		"\trename -r <snapshot> <snapshot>\n",
	"rollback": "\trollback [-rRf] <snapshot>\n",
	"send": "\tsend [-DLPbcehnpsVvw] [-i|-I snapshot]\n" +
		"\t     [-R [-X dataset[,dataset]...]]     <snapshot>\n" +
		"\tsend [-DnVvPLecw] [-i snapshot|bookmark] <filesystem|volume|snapshot>\n" +
		"\tsend [-DnPpVvLec] [-i bookmark|snapshot] --redact <bookmark> <snapshot>\n" +
		"\tsend [-nVvPe] -t <receive_resume_token>\n" +
		"\tsend [-PnVv] --saved filesystem\n",
	"set":        "\tset [-u] <property=value> ... <filesystem|volume|snapshot> ...\n",
	"snapshot":   "\tsnapshot [-r] [-o property=value] ... <filesystem|volume>@<snap> ...\n",
	"hold":       "\thold [-r] <tag> <snapshot> ...\n",
	"holds":      "\tholds [-rHp] <snapshot> ...\n",
	"release":    "\trelease [-r] <tag> <snapshot> ...\n",
	"bookmark":   "\tbookmark <snapshot|bookmark> <newbookmark>\n",
	"load-key":   "\tload-key [-rn] [-L <keylocation>] <-a | filesystem|volume>\n",
	"unload-key": "\tunload-key [-r] <-a | filesystem|volume>\n",
	"change-key": "\tchange-key [-l] [-o keyformat=<value>]\n" +
		"\t    [-o keylocation=<value>] [-o pbkdf2iters=<value>]\n" +
		"\t    <filesystem|volume>\n" +
		"\tchange-key -i [-l] <filesystem|volume>\n",
	"version": "\tversion [-j]\n",
	"allow":   "\tallow <filesystem|volume>\n",
}
